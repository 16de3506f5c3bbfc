const scalars: ReadonlySet<string> = new Set(
  "double float int32 int64 uint32 uint64 sint32 sint64 fixed32 fixed64 sfixed32 sfixed64 bool string bytes".split(" "),
);

/** True for the name of a proto scalar, which the platform allowed in place of a message. */
export const isScalarName = (name: string): boolean => scalars.has(name);
