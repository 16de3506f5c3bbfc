import { UserPresenceState } from "../../gen/presence/v1/presence.ts";
import { UsersResponse } from "../../gen/presence/view/v1/view_api.ts";

/** The service of `queries.proto`, in the form that the generated code would have. */
export const QueriesDefinition = {
  name: "Queries",
  fullName: "bench.Queries",
  methods: {
    update: {
      name: "Update",
      requestType: UserPresenceState,
      requestStream: false,
      responseType: UserPresenceState,
      responseStream: false,
    },
    find: {
      name: "Find",
      requestType: UserPresenceState,
      requestStream: false,
      responseType: UsersResponse,
      responseStream: false,
    },
    stream: {
      name: "Stream",
      requestType: UserPresenceState,
      requestStream: false,
      responseType: UserPresenceState,
      responseStream: true,
    },
  },
} as const;

/** What a server of queries is told to begin with; both find so many rows of a reason. */
export type QueryPlace = {
  readonly mongodb: string;
  /** New, and the side's own. */
  readonly database: string;
  readonly descriptors: Uint8Array;
  /** Encoded `UserPresenceState`s, of a key each. */
  readonly rows: readonly Uint8Array[];
};
