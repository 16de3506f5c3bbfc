import { PresenceUserQueryApiDefinition } from "../gen/presence/view/v1/user_view_api.ts";
import { PresenceQueryApiDefinition } from "../gen/presence/view/v1/view_api.ts";
import type { Application } from "../runtime/component/application.ts";
import { view } from "../runtime/component/view.ts";
import { userBatch } from "./user-batch.ts";

/** The querying service, for any way of running. Envoy sends reflection here, so it lists every service. */
export const viewService = (descriptors: Uint8Array): Application => ({
  name: "view-svc",
  descriptors,
  components: [view(PresenceQueryApiDefinition), view(PresenceUserQueryApiDefinition), userBatch],
  topics: { users: "compact", presence: "compact" },
  accepts: { "com.example.demo.presence.domain.UserPresenceState": "presence.v1.UserPresenceState" },
  reflects: "all",
});
