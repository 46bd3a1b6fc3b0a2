/** What the rooms use to tell operators about events that belong to no single request. Pino's logger fits it. */
export interface EventLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
