// Drives the gateway with npm `openai` and npm `ai`.
import "./openai.mjs";
import "./ai.mjs";
import { main } from "./suite.mjs";

await main();
