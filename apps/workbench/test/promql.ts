import { parser } from '@prometheus-io/lezer-promql';

/** One metric in an expression, with what is asked of its labels. */
export interface Selector {
  readonly metric: string;
  readonly matchers: readonly { readonly label: string; readonly value: string }[];
}

export interface Expression {
  readonly selectors: readonly Selector[];
  /** Those of `by`, `without`, `on`, `ignoring` and the like. */
  readonly grouping: readonly string[];
  /** The labels of what comes out, where it is one sum or the like; else none are known. */
  readonly by: readonly string[];
}

/**
 * What an expression asks for.
 * @throws Error where it is no PromQL
 */
export function parsed(text: string): Expression {
  // Grafana puts in what fits the graph.
  const expr = text.replaceAll('$__rate_interval', '5m');
  const tree = parser.parse(expr);
  const said = (node: { readonly from: number; readonly to: number }) => expr.slice(node.from, node.to);
  const selectors: { metric: string; matchers: { label: string; value: string }[] }[] = [];
  const grouping: string[] = [];
  tree.iterate({
    enter(node) {
      if (node.type.isError) throw new Error(`no PromQL, at ${node.from}: ${text}`);
      if (node.name === 'VectorSelector') {
        const name = node.node.getChild('Identifier');
        if (!name) throw new Error(`a selector without a name: ${text}`);
        selectors.push({ metric: said(name), matchers: [] });
      }
      if (node.name === 'UnquotedLabelMatcher') {
        const [label, value] = ['LabelName', 'StringLiteral'].map((kind) => said(node.node.getChild(kind)!));
        selectors.at(-1)!.matchers.push({ label: label!, value: value!.slice(1, -1) });
      }
      if (node.name === 'LabelName' && node.node.parent?.name === 'GroupingLabels') grouping.push(said(node));
    },
  });
  const outermost = tree.topNode.firstChild;
  const modifier = outermost?.name === 'AggregateExpr' ? outermost.getChild('AggregateModifier') : null;
  const labels = modifier?.getChild('By') ? modifier.getChild('GroupingLabels')!.getChildren('LabelName') : [];
  return { selectors, grouping, by: labels.map(said) };
}
