/** The plugin configuration that both benches measure. */

export type CountMode = "off" | "estimate" | "exact";

/** Whether counts of texts that come again are remembered: only where that is what is measured. */
export type MemoMode = "off" | "identity";

/** A model whose target has another name, so that answers are edited. */
export const renamedModel = "gpt-4o-renamed";
export const upstreamName = "gpt-4o-upstream";
export const plainModel = "gpt-4o";
export const otherModel = "gpt-4o-mini";

/** The groups of backends that the models lead to. */
export const routes = { plain: "alpha", other: "beta" };

const price = { input: "2.50", cachedInput: "1.25", output: "10.00" };

/** `hold`, so that the model decides the route; all texts in o200k_base. */
export function pluginConfiguration(count: CountMode, memo: MemoMode = "off"): object {
  const model = { encoding: "o200k_base", contextWindow: 128_000, price };
  return {
    policy: {
      ...{ version: 1, name: "bench", count, memo },
      models: {
        [plainModel]: { ...model, targets: [{ route: routes.plain }] },
        [otherModel]: { ...model, targets: [{ route: routes.other }] },
        [renamedModel]: { ...model, targets: [{ route: routes.plain, model: upstreamName }] },
      },
    },
    attach: { role: "single", body: "hold" },
  };
}
