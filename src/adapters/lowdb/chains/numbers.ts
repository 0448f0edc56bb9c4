import { z } from 'zod';
import { maxDateMs } from '../../../time/duration.ts';

/** Milliseconds since the epoch that a date can show. */
export const Time = z.number().min(-maxDateMs).max(maxDateMs);

export const Count = z.int().min(0);
