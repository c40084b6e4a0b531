// Drives the gateway with npm `openai`, npm `@anthropic-ai/sdk` and npm `ai`.
import "./ai.mjs";
import "./anthropic.mjs";
import "./openai.mjs";
import { main } from "./suite.mjs";

await main();
