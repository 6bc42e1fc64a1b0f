import type { AllHTMLAttributes, ComponentChild, JSX, Ref } from 'preact';
import { VList as ListOfReact, type VListHandle } from 'virtua';

interface Props<Row> extends Omit<AllHTMLAttributes<HTMLDivElement>, 'children' | 'data' | 'onScroll' | 'ref'> {
  readonly ref: Ref<VListHandle>;
  readonly data: readonly Row[];
  /** Whether rows were added before the first. */
  readonly shift: boolean;
  readonly children: (row: Row) => ComponentChild;
  readonly onScroll: (offset: number) => void;
}

/** A list of which only what is seen is in the page; its types are React's, and it runs on Preact. */
export const VList = ListOfReact as unknown as <Row>(props: Props<Row>) => JSX.Element;
