/** The function, which is called once for each argument; what it throws it throws again. */
export const createMemo = <In, Out>(read: (of: In) => Out): ((of: In) => Out) => {
  const known = new Map<In, { readonly value: Out }>();
  return (of) => {
    const present = known.get(of);
    if (present !== undefined) return present.value;
    const value = read(of);
    known.set(of, { value });
    return value;
  };
};
