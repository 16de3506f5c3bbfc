/** Each item whose key an earlier item has, with that earlier one. */
export const repeated = <T>(
  items: readonly T[],
  keyOf: (item: T) => string,
): readonly { readonly item: T; readonly earlier: T }[] => {
  const first = new Map<string, T>();
  return items.flatMap((item) => {
    const key = keyOf(item);
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, item);
    return earlier === undefined ? [] : [{ item, earlier }];
  });
};
