import { expect } from "chai";
import fc from "fast-check";
import { BSON } from "mongodb";
import { awkwardText, messageOf } from "../../../test/support/mongodb-messages.ts";
import { loadMongoTypes } from "../../../test/support/mongodb-protos.ts";
import { decodeMessage, encodeMessage, type Message } from "../../codec.ts";
import type { MessageType } from "../../ports.ts";
import { documentCodec, documentPath, type StoredMessage } from "./document.ts";
import { escapeKey, unescapeKey } from "./document-keys.ts";
import { rowReader } from "./document-reader.ts";

describe("MongoDB documents", () => {
  let every: MessageType;
  let usual: MessageType;
  before(async function () {
    this.timeout(60_000);
    ({ every, usual } = await loadMongoTypes());
  });

  const stored = (message: object): StoredMessage =>
    BSON.deserialize(BSON.serialize(documentCodec(every.schema).toDocument(every.fromPartial(message))), {
      useBigInt64: true,
    });
  const back = (document: StoredMessage): Message => documentCodec(every.schema).toMessage(document);
  const throughWire = (message: Message): Message => decodeMessage(every, encodeMessage(every, message));

  it("gives any message back as the wire does", function () {
    this.timeout(60_000);
    fc.assert(
      fc.property(messageOf(every.schema, 2), (partial) => {
        const message = throughWire(every.fromPartial(partial));
        expect(back(stored(message))).to.deep.equal(message);
      }),
      { numRuns: 300 },
    );
  });

  it("reads a row from its bytes as it does from its document", function () {
    this.timeout(60_000);
    for (const type of [usual, every]) {
      const read = rowReader(type.schema);
      const law = fc.property(messageOf(type.schema, 2), (partial) => {
        const message = decodeMessage(type, encodeMessage(type, type.fromPartial(partial)));
        const bytes = BSON.serialize({ _id: "k", row: documentCodec(type.schema).toDocument(message) });
        // Not at the start of its buffer, as rows in a reply are not.
        const inReply = new Uint8Array([9, ...bytes, 9]).subarray(1, bytes.length + 1);
        expect(read(inReply)).to.deep.equal({ key: "k", row: message });
      });
      fc.assert(law, { numRuns: type === usual ? 500 : 50 });
    }
  });

  it("reads a row whose fields are missing or in another order", () => {
    const rows = [{ an_int32: 7, a_string: "x", choice: { $case: "c_int64", value: 7n }, last: "z" }, {}];
    for (const type of [usual, every]) {
      const read = (row: object): unknown => rowReader(type.schema)(BSON.serialize({ _id: "k", row })).row;
      for (const partial of rows) {
        const expected = type.fromPartial(partial);
        const document = documentCodec(type.schema).toDocument(expected);
        const present = Object.entries(document).filter(([key]) => key in partial || key === "c_int64");
        expect(read(Object.fromEntries(Object.entries(document).reverse()))).to.deep.equal(expected);
        expect(read(Object.fromEntries(present))).to.deep.equal(expected);
        expect(read({ of_a_later_version: 1, ...document })).to.deep.equal(expected);
      }
    }
  });

  it("spells fields as the proto does, defaults included", () => {
    const document = stored({ a_string: "x", an_int64: 7n, choice: { $case: "c_string", value: "" }, w_bool: false });
    expect(document).to.include({ a_string: "x", an_int64: 7n, an_int32: 0, a_bool: false, c_string: "" });
    expect(document).to.include({ color: "COLOR_UNSPECIFIED", w_bool: false });
    expect(document).to.not.have.any.keys("leaf", "maybe_string", "w_string", "choice", "c_leaf");
  });

  it("stores times as text that sorts as they do", () => {
    const at = { seconds: 1_700_000_000n, nanos: 7 };
    expect(stored({ at })).to.include({ at: "2023-11-14T22:13:20.000000007Z" });
  });

  it("keeps fields that the type does not know", () => {
    const bytes = new Uint8Array([0xa0, 0x38, 1, 0xa0, 0x38, 2, 0x8a, 1, 3, 0xa0, 0x38, 3]);
    const message = decodeMessage(every, bytes);
    const document = BSON.deserialize(BSON.serialize(documentCodec(every.schema).toDocument(message)));
    expect([...encodeMessage(every, back(document))]).to.have.members([...bytes]);
    expect(back(document)).to.deep.equal(message);
  });

  it("takes what is missing in a document for unset", () => {
    expect(back({})).to.deep.equal(every.fromPartial({}));
  });

  it("keeps a map key of any name", () => {
    fc.assert(
      fc.property(fc.uniqueArray(awkwardText), (keys) => {
        const m_string = Object.fromEntries(keys.map((key) => [key, key]));
        expect(Object.entries((back(stored({})) as { m_string: object }).m_string)).to.deep.equal([]);
        // Not by fromPartial, which loses "__proto__".
        const document = documentCodec(every.schema).toDocument({ ...every.fromPartial({}), m_string });
        const { m_string: found } = back(BSON.deserialize(BSON.serialize(document))) as { m_string: object };
        expect(Object.entries(found).sort()).to.deep.equal(Object.entries(m_string).sort());
      }),
    );
  });

  it("escapes keys so that they can be undone, told apart and used in paths", () => {
    fc.assert(
      fc.property(awkwardText, (key) => {
        expect(unescapeKey(escapeKey(key))).to.equal(key);
        expect(escapeKey(key)).to.match(/^[^$.\0][^.\0]*$/su);
      }),
    );
    expect(
      documentPath([
        { kind: "field", name: "a" },
        { kind: "entry", key: "b.c" },
      ]),
    ).to.equal("a.b%2Ec");
  });
});
