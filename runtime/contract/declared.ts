import type { DescField, DescMethod, DescService, Registry } from "@bufbuild/protobuf";
import type { Annotated } from "./annotations.ts";
import type { Mistake } from "./mistake.ts";
import type { ComponentKind, HttpRule, KeyFieldsOf, Location, ReplicatedKind } from "./model.ts";

/** What the annotated protos say, before anything is known to be right. Rules read this. */
export type Contract = {
  readonly registry: Registry;
  readonly keyFieldsOf: KeyFieldsOf;
  readonly entities: readonly DeclaredEntity[];
  /** Services with annotations of Rollcall. */
  readonly services: readonly DeclaredService[];
  /** Every HTTP rule of the set, also of services that are not Rollcall's. */
  readonly http: readonly DeclaredHttp[];
  /** Fields with annotations. */
  readonly fields: readonly DeclaredField[];
  /** Every element with annotations, for what is not supported yet. */
  readonly annotated: readonly NamedAnnotated[];
};

export type NamedAnnotated = Annotated & {
  /** As a sentence names it, such as `method "p.S.M"`. */
  readonly title: string;
};

export type EntityKind = "value_entity" | "event_sourced_entity" | "replicated_entity";

export type DeclaredEntity = Annotated & {
  readonly kind: EntityKind;
  readonly name: string;
  /** Package of the declaring file, a dot, and the name. */
  readonly fullName: string;
  readonly entityType: string;
  readonly package: string;
  /** The option that declares it, such as `file.value_entity`. */
  readonly path: string;
  /** The option that names its state, such as `file.value_entity.state`. */
  readonly statePath: string;
  /** What a replicated entity holds, if it says so. */
  readonly data: ReplicatedKind | undefined;
  /** The type names it uses, with the option of each; of a stored entity the first is that of its state. */
  readonly types: readonly { readonly path: string; readonly name: string }[];
};

export type DeclaredService = Annotated & {
  readonly desc: DescService;
  readonly kind: ComponentKind | undefined;
  readonly component: string | undefined;
  readonly methods: readonly DeclaredMethod[];
};

export type DeclaredMethod = Annotated & {
  readonly desc: DescMethod;
  /** `<service>.<method>`, as mistakes name it. */
  readonly fullName: string;
  readonly http: readonly DeclaredHttp[];
};

export type DeclaredHttp = HttpRule & {
  readonly method: DescMethod;
  readonly methodName: string;
  /** An additional binding that has such itself, which are no rules. */
  readonly isNested: boolean;
  /** The place of a part of the rule, such as `body`; without one, of the path. */
  readonly at: (part?: string) => Location;
};

export type DeclaredField = NamedAnnotated & { readonly desc: DescField };

/** One check of the contract: pure, and silent about what another rule reports. */
export type Rule = (contract: Contract) => readonly Mistake[];
