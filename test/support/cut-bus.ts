import type { EventBus } from "../../runtime/ports.ts";

/** A replica's own connection to a real bus, which a test cuts for good: as if its process or its cable were dead. */
export type Cut = { readonly bus: EventBus; cut(): void };

export const cuttableBus = (bus: EventBus): Cut => {
  let isCut = false;
  const silence = new Promise<never>(() => {});
  return {
    bus: {
      ...bus,
      publish: (records) => (isCut ? silence : bus.publish(records)),
      follow: (following) =>
        bus.follow({
          ...following,
          onRecord: (record) => {
            if (!isCut) following.onRecord(record);
          },
        }),
    },
    cut: () => {
      isCut = true;
    },
  };
};
