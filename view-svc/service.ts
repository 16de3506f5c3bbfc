import { PresenceQueryApiDefinition } from "../gen/presence/view/v1/view_api.ts";
import type { Application } from "../runtime/component/application.ts";
import { view } from "../runtime/component/view.ts";

/** The querying service, for any way of running. Envoy sends reflection here, so it lists every service. */
export const viewService = (descriptors: Uint8Array): Application => ({
  name: "view-svc",
  descriptors,
  components: [view(PresenceQueryApiDefinition)],
  topics: { users: "compact" },
  accepts: { "com.example.demo.presence.domain.UserPresenceState": "presence.v1.UserPresenceState" },
  reflects: "all",
});
