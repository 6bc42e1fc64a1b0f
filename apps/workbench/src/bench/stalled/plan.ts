/** What the process of the bystanders is told. */
export interface BystandersPlan {
  readonly gateway: string;
  readonly secret: string;
  readonly turn: number;
  readonly count: number;
  readonly reads: boolean;
  /** Connects a second, at first and of those who come back. */
  readonly connectsPerSecond: number;
}

/** What it tells: once all are connected, and after that whenever it is asked. */
export interface BystandersNews {
  readonly connected: number;
  /** How often one of them was cut. */
  readonly cut: number;
}
