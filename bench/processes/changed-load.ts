/** Changes of so many devices in turn, so many under way at once, for so long. */
export type ChangedLoad = { readonly devices: number; readonly concurrency: number; readonly durationMs: number };

export type ChangedLoaded = { readonly records: number; readonly seconds: number };

/** The n-th change: one that differs from what the same device said before. */
export const changedBeat = (n: number, devices: number) => ({
  user_id: `rider-${n % devices}`,
  device_id: "phone",
  is_online: true,
  profile: { attr1: "steel", attr2: `blue-${n}`, attributes: { city: "Houston" } },
});
