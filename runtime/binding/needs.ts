import type { Need } from "../health.ts";
import type { Ports } from "../ports.ts";
import type { FollowedEntities } from "../replicated/followed-entities.ts";
import type { BoundMethod } from "./method.ts";

/** What calls of a register, or of other replicated data, need: its log, and to have read it up to its end. */
export const logNeed = ({ type, isCurrent }: FollowedEntities): Need => ({
  name: `the log of "${type}"`,
  check: isCurrent,
});

export const storeNeed = ({ entities }: Ports): Need => ({ name: "the store of entities", check: entities.ping });

export const viewNeed = ({ views }: Ports): Need => ({ name: "the store of views", check: views.ping });

/** An action needs what the entities need that it uses. Without any it publishes by itself what it answers. */
export const actionNeeds = (
  methods: readonly BoundMethod[],
  ofUsed: readonly Need[],
  { bus }: Ports,
): readonly Need[] => {
  if (ofUsed.length > 0) return ofUsed;
  return methods.flatMap(({ model: { destination, isExposed } }) => {
    if (destination === undefined || !isExposed) return [];
    return [{ name: `topic "${destination}"`, check: async () => void (await bus.endOffsets(destination)) }];
  });
};
