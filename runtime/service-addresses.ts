/** Addresses of services by full name, from a text such as `shop.v1.Carts=carts:50051,shop.v1.Orders=orders:50051`. */
export const serviceAddresses = (text: string): ReadonlyMap<string, string> | { readonly problem: string } => {
  const addresses = new Map<string, string>();
  for (const entry of text.split(",").map((each) => each.trim())) {
    if (entry === "") continue;
    const [, name, address] = /^([A-Za-z_][\w.]*)=(\S+:\d{1,5})$/.exec(entry) ?? [];
    if (name === undefined || address === undefined) {
      return { problem: `has "${entry}"; it is a list of <package>.<Service>=<host>:<port>, separated by commas` };
    }
    addresses.set(name, address);
  }
  return addresses;
};
