import type { EventLog } from '../../src/calls/event-log.js';

type Level = 'info' | 'warn' | 'error';

/** Keeps what was logged. */
export class RecordingLog implements EventLog {
  readonly lines: { level: Level; fields: object; message: string }[] = [];

  info(fields: object, message: string): void {
    this.lines.push({ level: 'info', fields, message });
  }

  warn(fields: object, message: string): void {
    this.lines.push({ level: 'warn', fields, message });
  }

  error(fields: object, message: string): void {
    this.lines.push({ level: 'error', fields, message });
  }

  messages(level: Level): string[] {
    return this.lines.filter((line) => line.level === level).map((line) => line.message);
  }
}
