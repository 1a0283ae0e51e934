const SUBSCRIBE = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\/)*subscribe\b/i

/** Whether a text begins as SUBSCRIBE does, whose answers come by a subscription and not by a query. */
export function isSubscribe(text: string): boolean {
  return SUBSCRIBE.test(text)
}
