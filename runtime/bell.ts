/** Wakes the one who waits; rung with nobody there, it is not heard. */
export const createBell = (): { ring(): void; heard(): Promise<void> } => {
  let wake: (() => void) | undefined;
  return {
    ring() {
      wake?.();
      wake = undefined;
    },
    heard: () =>
      new Promise((resolve) => {
        wake = resolve;
      }),
  };
};
