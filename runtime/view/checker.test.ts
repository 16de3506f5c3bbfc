import { expect } from "chai";
import { type Customers, loadCustomers } from "../../test/view-protos/customers.ts";
import { compileQuery } from "./compile-query.ts";

describe("checkQuery", () => {
  let customers: Customers;

  before(async function () {
    this.timeout(60_000);
    customers = await loadCustomers();
  });

  /** Each mistake as `code at "the text under the caret"… remedy`. */
  const mistakes = (text: string, response?: string, isStreamed?: boolean): string[] => {
    const outcome = customers.compile(text, response, isStreamed);
    if (outcome.kind === "ok") return [];
    return outcome.problems.map(
      ({ code, offset, remedy }) => `${code} at ${text.slice(offset).split(/[ ,)]/)[0]}: ${remedy}`,
    );
  };
  const where = (condition: string): string[] => mistakes(`SELECT * FROM customers WHERE ${condition}`);

  it("finds every mistake at once, in the order of the text", () => {
    expect(where("nam = :custmer_name AND city = 5 OR age = 'x'")).to.deep.equal([
      "UNKNOWN_COLUMN at nam: did you mean `name`?",
      "UNKNOWN_PARAMETER at custmer_name: did you mean `:customer_name`?",
      "UNKNOWN_COLUMN at city: did you mean `address.city`?",
      "TYPE_MISMATCH at 'x': write a whole number",
    ]);
  });

  it("says of a path where it ends, and how to go on", () => {
    const texts = (condition: string): string[] => {
      const outcome = customers.compile(`SELECT * FROM customers WHERE ${condition}`);
      return outcome.kind === "ok" ? [] : outcome.problems.map(({ text, remedy }) => `${text}; ${remedy}`);
    };
    const ends: readonly (readonly [string, string])[] = [
      ["address.q = 'x'", 'test.views.Address has no field "q"; name a field of test.views.Address'],
      [
        "name = :address.q",
        'test.views.Address has no field "q"; add the field to test.views.Address, or name one it has',
      ],
      [
        "name = :quarter",
        'the request test.views.Request has no field "quarter"; add the field to test.views.Request, or name one it has',
      ],
      [
        "floors.`1` = 'x'",
        'no path leads into "floors", which is map<int32, string>; only maps with string keys can be entered: make it one',
      ],
      [
        "floors = 'x'",
        'column "floors" is map<int32, string> and cannot be compared; only maps with string keys can be entered: make it one',
      ],
      ["name.quarter = 'x'", 'no path leads into "name", which is string; name `name` alone'],
      [
        "tags.quarter = 'x'",
        'no path leads into "tags", which is repeated string; ask for one of its elements with `= ANY(tags)`',
      ],
      [
        "name = :names.quarter",
        'no path leads into "names", which is repeated string; ask for one of its elements with `= ANY(:names)`',
      ],
    ];
    for (const [condition, expected] of ends) expect(texts(condition), condition).to.deep.equal([expected]);
  });

  it("names the table that was probably meant", () => {
    expect(mistakes("SELECT * FROM custmers")).to.deep.equal(["UNKNOWN_TABLE at custmers: did you mean `customers`?"]);
  });

  it("takes the name before a column for the table's when the query gave it, else for a field's", () => {
    const columns = (text: string): string[] => customers.query(text).checked.columns.map(({ path }) => path);
    for (const alias of ["AS address", "address", "AS joined", "joined"]) {
      const name = alias.replace("AS ", "");
      expect(columns(`SELECT * FROM customers ${alias} WHERE ${name}.name = 'x'`), alias).to.deep.equal(["name"]);
    }
    expect(columns("SELECT * FROM customers AS address WHERE address.address.city = 'x'")).to.deep.equal([
      "address.city",
    ]);
    expect(columns("SELECT * FROM customers AS name WHERE name = 'x'")).to.deep.equal(["name"]);
    expect(mistakes("SELECT * FROM customers AS address WHERE address.city = 'x'")).to.deep.equal([
      "UNKNOWN_COLUMN at city: did you mean `address.address.city`?",
    ]);
    const named = compileQuery("SELECT * FROM address WHERE address.city = 'x'", {
      tables: new Map([["address", customers.customer.schema]]),
      request: customers.request.schema,
      response: customers.customer.schema,
      isStreamed: true,
    });
    expect(named.kind).to.equal("ok");
  });

  it("refuses what cannot be compared", () => {
    expect(where("big = 1")).to.deep.equal(["UINT64_COLUMN at big: make the field an int64"]);
    expect(where("score = :big")).to.deep.equal(["UINT64_COLUMN at :big: make the field an int64"]);
    for (const path of ["address", "office"]) {
      expect(where(`${path} = 'x'`)).to.deep.equal([
        `NOT_COMPARABLE at ${path}: name a scalar, enum or Timestamp field inside it`,
      ]);
    }
    expect(where("attributes = 'x'")).to.deep.equal([
      "NOT_COMPARABLE at attributes: name one of its keys, as in `attributes.key`",
    ]);
    for (const condition of ["offices = 'x'", "'x' = ANY(offices)"]) {
      expect(where(condition), condition).to.deep.equal([
        "NOT_COMPARABLE at offices: keep what queries ask for in a repeated scalar, enum or Timestamp field beside it",
      ]);
    }
    expect(where("tags = 'x'")).to.deep.equal([
      "NOT_COMPARABLE at tags: ask for one of its elements with `= ANY(tags)`",
    ]);
    expect(where("name = :names")).to.deep.equal([
      "NOT_COMPARABLE at :names: ask for one of its elements with `= ANY(:names)`",
    ]);
    expect(where("joined.seconds > 0 AND joined.nanos IS NULL")).to.deep.equal([
      "NOT_COMPARABLE at joined.seconds: compare `joined` with a time",
      "NOT_COMPARABLE at joined.nanos: compare `joined` with a time",
    ]);
    expect(where("token < :token")).to.deep.equal(["NOT_COMPARABLE at token: compare it with = or !="]);
    expect(where("tier < 'TIER_GOLD'")).to.deep.equal(["NOT_COMPARABLE at tier: compare it with = or !="]);
  });

  it("converts nothing but integers that widen", () => {
    const fine = [
      "age = :score",
      "score = :age",
      "visits = 4294967295",
      "rating = 5",
      "rating = :rating",
      "weight = :weight",
      "tier = 'TIER_GOLD'",
      "tier = :tier",
      "joined >= '2024-02-29T00:00:00Z'",
      "joined = :joined",
      "note = :note",
      "5 < age",
      "token != :token",
    ];
    for (const condition of fine) expect(where(condition), condition).to.deep.equal([]);
    const mismatched = [
      "age = 2147483648",
      "age = 1.5",
      "age = 1.0",
      "visits = -1",
      "score = 9223372036854775808",
      "name = 5",
      "name = true",
      "active = 'true'",
      "active = 1",
      "rating = '1'",
      "rating = 9007199254740993",
      "weight = 16777217",
      "rating = :weight",
      "rating = :age",
      "name = :age",
      "tier = :customer_name",
      "tier = 1",
      "joined = '2024-02-30T00:00:00Z'",
      "joined = '2024-02-28'",
      "joined = :customer_name",
      "token = 'x'",
      "age IN (1, 'x')",
    ];
    for (const condition of mismatched) {
      expect(
        where(condition).map((text) => text.split(" ")[0]),
        condition,
      ).to.deep.equal(["TYPE_MISMATCH"]);
    }
    expect(where("tier = 'TIER_GOLDEN'")).to.deep.equal([
      "UNKNOWN_ENUM_VALUE at 'TIER_GOLDEN': did you mean 'TIER_GOLD'?",
    ]);
    expect(where("tier = 'x'")).to.deep.equal([
      "UNKNOWN_ENUM_VALUE at 'x': write one of 'TIER_UNSPECIFIED', 'TIER_GOLD', 'TIER_SILVER', 'TIER_AURUM'",
    ]);
  });

  it("checks patterns, lists and columns set against each other", () => {
    for (const condition of [
      "name LIKE 'x%' AND nick NOT LIKE :customer_name",
      "name STARTS_WITH 'x' AND starts_with(phone, :address.city)",
      "name = ANY(:names) AND 'x' = ANY(tags) AND :nick = ANY(tags) AND name = ANY(tags)",
      "name = email AND age < score AND age <= visits AND note != nick",
      ":nick IS NULL AND :address IS NOT NULL AND address IS NULL AND tags IS NOT NULL",
    ]) {
      expect(where(condition), condition).to.deep.equal([]);
    }
    const wrong: readonly (readonly [string, string])[] = [
      ["age LIKE 'x'", "TYPE_MISMATCH at age: compare it with =, !=, <, <=, > or >="],
      ["name LIKE :age", 'TYPE_MISMATCH at :age: make the field "age" of test.views.Request string'],
      [`name LIKE '${"x".repeat(1000)}%'`, "QUERY_TOO_COMPLEX at 'xxx"],
      ["name LIKE email", "QUERY_NOT_SUPPORTED at email: write a literal or a :parameter"],
      ["'x' LIKE name", "QUERY_NOT_SUPPORTED at 'x': write a column before LIKE"],
      ["name = ANY(:nick)", "TYPE_MISMATCH at :nick: name a repeated field, or compare with = alone"],
      ["age = ANY(:names)", 'TYPE_MISMATCH at :names: make the field "names" of test.views.Request repeated int32'],
      ["'x' = ANY(name)", "TYPE_MISMATCH at name: name a repeated field, or compare with = alone"],
      ["1 = ANY(tags)", "TYPE_MISMATCH at 1: write it as text, in single quotes"],
      ["age = ANY(tags)", "TYPE_MISMATCH at age: compare columns of one type"],
      ["name = ANY('x')", "QUERY_SYNTAX at 'x': name a repeated column or a repeated :parameter"],
      ["name = age", "TYPE_MISMATCH at name: compare columns of one type"],
      ["token < token", "NOT_COMPARABLE at token: compare it with = or !="],
      ["adress IS NULL", "UNKNOWN_COLUMN at adress:"],
      [":nik IS NULL", "UNKNOWN_PARAMETER at nik: did you mean `:nick`?"],
      ["'x' IS NULL", "QUERY_NOT_SUPPORTED at 'x': write a column before IS NULL"],
    ];
    for (const [condition, expected] of wrong) {
      expect(where(condition)[0]?.slice(0, expected.length), condition).to.equal(expected);
    }
    expect(where(`name LIKE '${"\u{1F600}".repeat(999)}%'`)).to.deep.equal([]);
  });

  it("says of what is not there yet that it is not there yet", () => {
    const later = [
      "* FROM customers GROUP BY name",
      "* FROM customers JOIN orders ON customers.id = orders.id",
      "collect(name) FROM customers",
      "* FROM customers WHERE text_search(name, 'x')",
    ];
    for (const rest of later) {
      const outcome = customers.compile(`SELECT ${rest}`);
      const texts = outcome.kind === "ok" ? [] : outcome.problems.map(({ code, text }) => `${code} ${text}`);
      expect(texts, rest).to.have.length(1);
      expect(texts[0]).to.match(/^QUERY_NOT_SUPPORTED .* is not supported yet$/);
    }
  });

  it("points at the start of a condition that has no plan", () => {
    const many = Array.from({ length: 17 }, (_, i) => `age = ${i}`).join(" OR ");
    for (const condition of [many, `(${many})`, `age NOT IN (7) AND (${many})`, `NOT (score = 1) AND (${many})`]) {
      const [found = ""] = where(condition);
      expect(found, condition).to.match(/^QUERY_TOO_COMPLEX at (age|NOT):/);
    }
    expect(where("NOT :nick = ANY(tags) AND NOT :email = ANY(tags)")[0]).to.match(/^QUERY_UNINDEXABLE at NOT:/);
  });

  it("counts rows with whole numbers", () => {
    const paged = (rest: string): string[] => mistakes(`SELECT * FROM customers ${rest}`);
    expect(paged("LIMIT 0 OFFSET :age")).to.deep.equal([]);
    expect(paged("OFFSET :score LIMIT 5")).to.deep.equal([]);
    expect(paged("LIMIT 9007199254740992")).to.deep.equal([
      "TYPE_MISMATCH at 9007199254740992: write a whole number from 0 to 9007199254740991, or an integer :parameter",
    ]);
    for (const count of ["-1", "1.5", "'1'", "true", "name", ":nick"]) {
      expect(
        paged(`LIMIT ${count}`).map((text) => text.split(" ")[0]),
        count,
      ).to.deep.equal(["TYPE_MISMATCH"]);
    }
  });

  it("fits the result into the response", () => {
    const fine: readonly (readonly [string, string, boolean])[] = [
      ["*", "Customer", true],
      ["*", "Customer", false],
      ["* AS results", "Customers", false],
      ["* AS results, :request_id, 3 AS count", "Customers", false],
      ["customer_id AS id, name, :request_id, address.city, age", "Summary", true],
      ["phone, joined AS since, address, 'x' AS literal", "Summary", false],
    ];
    for (const [items, response, isStreamed] of fine) {
      expect(mistakes(`SELECT ${items} FROM customers`, response, isStreamed), items).to.deep.equal([]);
    }
    const wrong: readonly (readonly [string, string, boolean, string])[] = [
      ["*", "Customers", false, "RESULT_SHAPE at *: did you mean `* AS results`?"],
      [
        "* AS results",
        "Customers",
        true,
        "RESULT_SHAPE at *: take `stream` off the method, or select `*` and return the row",
      ],
      ["* AS result", "Customers", false, "UNKNOWN_RESULT_FIELD at result: did you mean `results`?"],
      ["* AS count", "Customers", false, "RESULT_TYPE_MISMATCH at count: make it repeated test.views.Customer"],
      ["* AS results, name AS request_id", "Customers", false, "RESULT_SHAPE at name: take it out"],
      ["*, name", "Customer", true, "RESULT_SHAPE at name: write `* AS field`"],
      ["email", "Summary", true, "UNKNOWN_RESULT_FIELD at email: did you mean `mail`?"],
      [
        ":email AS nothing_like_it",
        "Summary",
        true,
        "UNKNOWN_RESULT_FIELD at nothing_like_it: add the field to test.views.Summary",
      ],
      ["score AS small", "Summary", true, "RESULT_TYPE_MISMATCH at score: make the field int64"],
      ["name, email AS name", "Summary", true, "RESULT_SHAPE at name: take one out"],
      ["phone, email AS mail", "Summary", true, "RESULT_SHAPE at mail: take one out"],
      ["1.5 AS small", "Summary", true, "RESULT_TYPE_MISMATCH at 1.5: write a whole number"],
    ];
    for (const [items, response, isStreamed, expected] of wrong) {
      const found = mistakes(`SELECT ${items} FROM customers`, response, isStreamed);
      expect(found, items).to.have.length(1);
      expect(found[0]?.slice(0, expected.length)).to.equal(expected);
    }
  });

  it("says what does not fit of orders, pages and counts", () => {
    const page = "* AS results, next_page_token()";
    const wrong: readonly (readonly [string, string, boolean, string])[] = [
      ["* FROM customers ORDER BY tier", "Customer", true, "NOT_COMPARABLE at tier"],
      ["* FROM customers ORDER BY token", "Customer", true, "NOT_COMPARABLE at token"],
      ["* FROM customers ORDER BY nam", "Customer", true, "UNKNOWN_COLUMN at nam: did you mean `name`?"],
      [`${page} FROM customers LIMIT 3`, "CustomerPage", false, "RESULT_SHAPE at next_page_token("],
      [`${page} FROM customers OFFSET page_token_offset(:age)`, "CustomerPage", false, "TYPE_MISMATCH at :age"],
      [`${page} FROM customers LIMIT 0 OFFSET page_token_offset(:email)`, "CustomerPage", false, "RESULT_SHAPE at 0: "],
      ["* FROM customers OFFSET page_token_offset(:email)", "Customer", true, "RESULT_SHAPE at OFFSET"],
      ["count(*) AS request_id FROM customers", "CustomerPage", false, "RESULT_TYPE_MISMATCH at count(*"],
      ["count(*), name AS request_id FROM customers", "CustomerPage", false, "RESULT_SHAPE at name"],
      ["d.* FROM customers AS c", "Customer", true, "UNKNOWN_TABLE at d.*: did you mean `c`?"],
      ["(nam AS name) AS summary FROM customers", "Envelope", true, "UNKNOWN_COLUMN at nam: did you mean `name`?"],
      ["(name) AS key FROM customers", "Envelope", true, "RESULT_TYPE_MISMATCH at key"],
    ];
    for (const [rest, response, isStreamed, expected] of wrong) {
      const [found = "none"] = mistakes(`SELECT ${rest}`, response, isStreamed);
      expect(found.slice(0, expected.length), rest).to.equal(expected);
    }
  });
});
