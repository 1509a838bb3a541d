/** The main job on both hosts: read, counted, routed, passed on, accounted for. */
import { describe, expect } from "vitest";
import {
  chatAnswer,
  chatBody,
  chatPath,
  chatSetup,
  doneEvent,
  endEvent,
  jsonHeaders,
  sseHeaders,
  textEvent,
  usageEvent,
} from "./chat_setup.ts";
import { onBothHosts } from "./world_flow.ts";

describe("chat completions", () => {
  onBothHosts("a request whose model decides the cluster", chatSetup(), async (flow) => {
    flow.providers.azure?.queue(chatAnswer({ model: "gpt-4-prod" }));
    const sent = await flow.send({
      method: "POST",
      path: chatPath,
      headers: jsonHeaders,
      body: chatBody({ model: "gpt-4" }),
    });
    expect(flow.providers.openai?.requests).toEqual([]);
    const received = flow.providers.azure?.requests[0];
    expect(JSON.parse(String(received?.body))).toEqual({
      messages: [{ role: "user", content: "Say this is a test" }],
      model: "gpt-4-prod",
    });
    expect(received?.headers).toContainEqual(["x-gateway-model-name", "gpt-4"]);
    expect(received?.headers).toContainEqual(["x-tokenstile-prompt-tokens", "12"]);
    expect(JSON.parse(String(sent.replies[0]?.body)).model).toBe("gpt-4");
    expect(sent.log).toMatchObject({
      cluster: "azure",
      requested_model: "gpt-4",
      model: "gpt-4",
      target_model: "gpt-4-prod",
      route: "azure",
      prompt_tokens: "12",
      input_tokens: "12",
      output_tokens: "5",
      total_tokens: "17",
      cost_nano_usd: "660000",
      quality: "exact",
      ending: "complete",
      decision: "admit",
    });
  });

  onBothHosts("a stream whose usage was not asked for", chatSetup(), async (flow) => {
    flow.provider.queue({
      headers: sseHeaders,
      chunks: [
        textEvent("This is", { usage: null }),
        textEvent(" a test."),
        endEvent,
        usageEvent,
        doneEvent,
      ],
      pauseMs: 5,
    });
    const sent = await flow.send({
      method: "POST",
      path: chatPath,
      headers: jsonHeaders,
      body: chatBody({ model: "gpt-4o", stream: true }),
    });
    expect(JSON.parse(String(flow.provider.requests[0]?.body)).stream_options).toEqual({
      include_usage: true,
    });
    expect(String(sent.replies[0]?.body)).toBe(
      textEvent("This is") + textEvent(" a test.") + endEvent + doneEvent,
    );
    expect(sent.log).toMatchObject({ input_tokens: "12", output_tokens: "5", quality: "exact" });
  });
});
