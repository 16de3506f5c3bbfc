import { expect } from "chai";
import { buildFixture, customerRegistry } from "../../test/contract-protos/fixtures.ts";
import { annotationReader } from "./annotations.ts";
import { readDescriptors } from "./descriptors.ts";

const customers = async () => {
  const registry = readDescriptors(await buildFixture(customerRegistry));
  const read = annotationReader(registry);
  const service = registry.getService("customers.CustomerByName");
  const message = registry.getMessage("customers.Customer");
  const [update] = service?.methods ?? [];
  const [id] = message?.fields ?? [];
  if (!service || !message || !update || !id) throw new Error("the fixture lacks what the test reads");
  const place = (at: ReturnType<typeof read>["at"], option?: string) => `${at(option).line}:${at(option).column}`;
  return {
    service: read(service),
    message: read(message),
    update: read(update),
    field: read(id),
    file: read(service.file),
    place,
  };
};

describe("the place of", () => {
  it("an element is its name, of a file its package", async () => {
    const { place, service, message, update, field, file } = await customers();
    expect(place(service.at)).to.equal("9:9");
    expect(place(message.at)).to.equal("7:9");
    expect(place(update.at)).to.equal("10:7");
    expect(place(field.at)).to.equal("8:10");
    expect(place(file.at)).to.equal("3:1");
    expect(file.at().file).to.equal("customers/by_name.proto");
  });

  it("an option is the option itself", async () => {
    const { place, update, field } = await customers();
    expect(place(update.at, "method.eventing.in.value_changes")).to.equal("13:9");
    expect(place(update.at, "method.view.update.table")).to.equal("17:7");
    expect(place(field.at, "field.entity_key")).to.equal("8:27");
  });

  it("an option that is not set is the nearest around it", async () => {
    const { place, update } = await customers();
    expect(place(update.at, "method.view.update.transform_updates")).to.equal("16:12");
    expect(place(update.at, "method.jwt")).to.equal("10:7");
    expect(place(update.at, "http.get")).to.equal("10:7");
  });
});
