/** The policy of the tour: two models, one of them spread over two providers. */
export function tourPolicy(upstreams: { alpha: string; beta: string }): object {
  return {
    version: 1,
    name: "tour",
    anonymous: "visitor",
    models: {
      "gpt-4o": {
        aliases: ["chat-default", "openai/gpt-4o"],
        encoding: "o200k_base",
        contextWindow: 128_000,
        price: { input: "2.50", cachedInput: "1.25", output: "10.00" },
        targets: [
          { route: "alpha", weight: 3 },
          { route: "beta", model: "gpt-4o-prod", weight: 1 },
        ],
      },
      "gpt-4-turbo": {
        encoding: "cl100k_base",
        contextWindow: 128_000,
        price: { input: "10.00", output: "30.00" },
        targets: [{ route: "beta" }],
      },
    },
    upstreams: { alpha: { url: upstreams.alpha }, beta: { url: upstreams.beta } },
  };
}
