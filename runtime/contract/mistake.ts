import type { Location } from "./model.ts";

/** One mistake in the annotated protos or in a query, found before anything starts. */
export type Mistake = {
  /** Stable, UPPER_SNAKE_CASE. docs/annotations.md lists those of the contract; the view stage has its own. */
  readonly code: string;
  readonly location: Location;
  /** What is wrong, as a sentence that names the thing. */
  readonly text: string;
  /** What to do about it. */
  readonly remedy: string;
  /** A text inside the proto file, such as a query, and the spot in it that the caret belongs under. */
  readonly excerpt?: { readonly source: string; readonly offset: number };
};
