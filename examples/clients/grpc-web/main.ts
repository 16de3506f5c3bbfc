// The page's calls without a browser: Node has the same fetch.
import { showPresence } from "./page.ts";

const [address = "localhost:8080"] = process.argv.slice(2);
await showPresence(`http://${address}`, console.log);
