const slotMs = 10;

/** Something that is due at a time; which rider, by its number. */
export type Due = { readonly at: number; readonly rider: number };

/** The beats to come. Cheap for any number of riders: they wait in slots of 10 ms. */
export type Calendar = {
  add(due: Due): void;
  /** Takes out everything due until then, about in order. */
  take(until: number): readonly Due[];
};

export const createCalendar = (): Calendar => {
  const slots = new Map<number, Due[]>();
  let first = 0;
  const slotOf = (at: number): number => Math.max(first, Math.floor(at / slotMs));
  return {
    add(due) {
      const slot = slots.get(slotOf(due.at));
      if (slot === undefined) slots.set(slotOf(due.at), [due]);
      else slot.push(due);
    },
    take(until) {
      const taken: Due[] = [];
      const last = Math.floor(until / slotMs);
      for (; first < last; first += 1) {
        taken.push(...(slots.get(first) ?? []));
        slots.delete(first);
      }
      const now = slots.get(first) ?? [];
      taken.push(...now.filter(({ at }) => at <= until));
      slots.set(
        first,
        now.filter(({ at }) => at > until),
      );
      return taken;
    },
  };
};
