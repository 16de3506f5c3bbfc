import { mendCode } from "../../cli/mend-code.ts";

// The last step of `make gen` for what buf has made of proto/.
await mendCode("gen");
