type Made = import('preact').ComponentChildren

declare const htm: {
  bind(make: unknown): (strings: TemplateStringsArray, ...values: unknown[]) => Made
}
export default htm
