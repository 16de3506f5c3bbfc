/** The command cannot do what it was asked to; its message is a sentence for the user. */
export class BadCall extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "BadCall";
  }
}
