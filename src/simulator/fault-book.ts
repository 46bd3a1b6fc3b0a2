import { EventEmitter, once } from 'node:events';
import { assertFault, type Fault } from './fault.js';

/** Which fault meets which request: that of the call's id, else that of `*`. */
export class FaultBook {
  private readonly faults = new Map<string, { readonly fault: Fault; left: number }>();
  private readonly changes = new EventEmitter().setMaxListeners(0);

  /** @throws TypeError when the target or the fault is not what it must be. */
  set(target: string, fault: Fault): void {
    if (target !== '*' && !/^[1-9][0-9]{0,18}$/.test(target))
      throw new TypeError(`'${target}' is neither a call id nor *`);
    assertFault(fault);
    this.faults.set(target, { fault, left: fault.times ?? Infinity });
  }

  clear(): void {
    this.faults.clear();
    this.changes.emit('cleared');
  }

  /** Resolves at the next `clear`; rejects when the signal comes first. */
  async cleared(signal: AbortSignal): Promise<void> {
    await once(this.changes, 'cleared', { signal });
  }

  /** The fault for a request, which counts towards its `times`. */
  take(callId: string | undefined): Fault | undefined {
    if (this.faults.size === 0) return undefined;
    return (callId === undefined ? undefined : this.takeOf(callId)) ?? this.takeOf('*');
  }

  private takeOf(target: string): Fault | undefined {
    const entry = this.faults.get(target);
    if (entry === undefined) return undefined;
    entry.left -= 1;
    if (entry.left <= 0) this.faults.delete(target);
    return entry.fault;
  }
}
