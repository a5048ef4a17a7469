/**
 * The log as a door: structured, with stable message names (`slash.registered`). pino fits it as it is.
 * Contract: never throws; redacts secrets by itself.
 */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
