import type { MethodDefinition, ServiceDefinition } from "../component/definition.ts";
import { MeshError } from "../errors.ts";
import { connectService, type RemoteService } from "../grpc/remote-service.ts";
import type { BoundMethod, BoundService } from "./method.ts";

/** A method that another may call, of this process or of a service elsewhere. */
export type Target =
  | { readonly kind: "local"; readonly method: BoundMethod }
  | { readonly kind: "remote"; readonly method: MethodDefinition; readonly service: RemoteService };

/** Finds what handlers call: components of the application first, then services that have an address. */
export type Directory = {
  /** Throws MISSING_HANDLER for what is neither; `from` is who asks. */
  find(service: ServiceDefinition, handler: string, from: string): Target;
  /** The service elsewhere; `undefined` when it has no address. */
  remote(service: ServiceDefinition): RemoteService | undefined;
  close(): void;
};

export const createDirectory = (
  components: ReadonlyMap<string, BoundService>,
  addresses: ReadonlyMap<string, string>,
): Directory => {
  const connected = new Map<string, RemoteService>();

  const remote: Directory["remote"] = (service) => {
    const address = addresses.get(service.fullName);
    if (address === undefined) return undefined;
    const found = connected.get(service.fullName) ?? connectService(service, address);
    connected.set(service.fullName, found);
    return found;
  };

  return {
    remote,
    find(service, handler, from) {
      const method = components.get(service.fullName)?.get(handler);
      if (method !== undefined) return { kind: "local", method };
      const elsewhere = remote(service);
      const definition = service.methods[handler];
      if (elsewhere !== undefined && definition !== undefined) {
        return { kind: "remote", method: definition, service: elsewhere };
      }
      throw new MeshError(
        "MISSING_HANDLER",
        `${from} calls ${service.fullName}.${handler}, which is no method of a component here, nor has its service an address; ${remedy(service.fullName)}`,
      );
    },
    close() {
      for (const service of connected.values()) service.close();
    },
  };
};

/** What to do about a service that nobody knows. */
export const remedy = (fullName: string): string =>
  `add it to the components, or its address to ROLLCALL_SERVICES, such as ${fullName}=host:50051`;
