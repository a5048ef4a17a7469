import { schemaOf, type ToolOffer } from '../../core/tool.ts'

/** A tool of ours in the words of MCP. */
export function mcpTool(offer: ToolOffer): object {
  return {
    name: offer.name,
    description: offer.description,
    inputSchema: schemaOf(offer),
    // Only these may be called several at once; what changes something stays in order.
    ...(offer.looksOnly ? { annotations: { readOnlyHint: true } } : {}),
  }
}
