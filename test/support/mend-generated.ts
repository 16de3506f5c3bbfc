import { mendMaps } from "../../cli/generated-maps.ts";

// The last step of `make gen` for what buf has made of proto/.
await mendMaps("gen");
