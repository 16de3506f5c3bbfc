import { expect } from "chai";
import { heartbeatService } from "../heartbeat-svc/service.ts";
import { stateService } from "../state-svc/service.ts";
import { descriptors } from "../test/support/descriptors.ts";
import { tallyApplication } from "../test/support/tally.ts";
import { viewService } from "../view-svc/service.ts";
import { needsOf } from "./needs.ts";

describe("needsOf", () => {
  it("has no store for registers alone, and both engines for what consumes into a store", () => {
    expect(needsOf(heartbeatService(descriptors))).to.deep.equal({ bus: true, store: false });
    expect(needsOf(stateService(descriptors))).to.deep.equal({ bus: true, store: true });
    expect(needsOf(viewService(descriptors))).to.deep.equal({ bus: true, store: true });
  });

  it("has no event log for stored entities that nothing publishes", async () => {
    const { application } = await tallyApplication();
    const entities = application.components.filter(({ kind }) => kind === "value_entity");
    expect(entities).not.to.have.length(0);
    expect(needsOf({ ...application, components: entities })).to.deep.equal({ bus: false, store: true });
  });
});
