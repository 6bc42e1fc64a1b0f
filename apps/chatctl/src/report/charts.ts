import { optional } from '../sql/duckdb.js';

// Charts as SVG, drawn while the page is made: the page needs no script. Colours are the page's own, so that they change
// with light and dark.

interface Chart {
  setOption(option: object): void;
  renderToSVGString(): string;
  dispose(): void;
}

interface Echarts {
  init(element: null, theme: null, options: object): Chart;
}

export interface Bars {
  readonly labels: readonly string[];
  /** One behind, or upon, the other. */
  readonly series: readonly { readonly name: string; readonly colour: string; readonly values: readonly number[] }[];
  /** Bars that lie, with a label to their left. */
  readonly lie?: true;
}

/** In pixels of the page: what is wide enough for a desk is not readable on a phone. */
export type Width = 'wide' | 'half' | 'narrow';
const WIDTHS: Readonly<Record<Width, number>> = { wide: 1140, half: 540, narrow: 340 };
const HEIGHT = 240;
const ROW = 28;

export type Draw = (bars: Bars, width: Width) => string;

/** @throws Missing */
export async function charts(): Promise<Draw> {
  const echarts = await optional<Echarts>('echarts', 'Apache ECharts');
  return (bars, width) => {
    const height = bars.lie ? 24 + ROW * bars.labels.length : HEIGHT;
    const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTHS[width], height });
    try {
      chart.setOption(bars.lie ? lying(bars, width) : standing(bars, width));
      return bare(chart.renderToSVGString());
    } finally {
      chart.dispose();
    }
  };
}

/** Without what is for scripts and pointers; it is as wide as there is room. */
const bare = (svg: string): string =>
  svg
    .replace(/<style\b[^]*?<\/style>/g, '')
    .replace(/ (?:ecmeta_\w+|class|pointer-events|xmlns:xlink)="[^"]*"/g, '')
    .replace(/^<svg width="\d+" height="\d+"/, '<svg aria-hidden="true" focusable="false"');

const text = { color: 'var(--quiet)', fontSize: 12 };
const noLine = { show: false };
const common = { animation: false, textStyle: { fontFamily: 'inherit' } };

const valueAxis = {
  type: 'value',
  minInterval: 1,
  axisLabel: text,
  splitLine: { lineStyle: { color: 'var(--grid)' } },
};

const category = (labels: readonly string[]) => ({
  type: 'category',
  data: labels,
  axisTick: noLine,
  axisLine: { lineStyle: { color: 'var(--line)' } },
});

const seriesOf = ({ series, lie }: Bars) =>
  series.map(({ name, colour, values }, i) => ({
    ...{ type: 'bar', name, data: values, stack: 'all', silent: true, barMaxWidth: lie ? 18 : 40 },
    ...{ barCategoryGap: values.length > 60 ? '8%' : '22%' },
    itemStyle: {
      color: `var(${colour})`,
      ...(i === series.length - 1 && { borderRadius: lie ? [0, 3, 3, 0] : [2, 2, 0, 0] }),
    },
  }));

const isRoomy = ({ labels }: Bars, width: Width): boolean => width !== 'narrow' && labels.length <= 8;

function standing(bars: Bars, width: Width): object {
  return {
    ...common,
    grid: { left: 8, right: 12, top: 12, bottom: 4, containLabel: true },
    xAxis: {
      ...category(bars.labels),
      axisLabel: { ...text, hideOverlap: true, ...(isRoomy(bars, width) && { interval: 0 }) },
    },
    yAxis: { ...valueAxis, splitNumber: width === 'narrow' ? 3 : 4 },
    series: seriesOf(bars),
  };
}

const segmenter = new Intl.Segmenter('en');
/** As people count them, so that no emoji is taken apart. */
const lettersOf = (label: string): string[] => Array.from(segmenter.segment(label), ({ segment }) => segment);
const WIDE = /\p{Extended_Pictographic}|\p{sc=Han}|\p{sc=Hiragana}|\p{sc=Katakana}|\p{sc=Hangul}/u;
const widthOf = (label: string): number =>
  lettersOf(label).reduce((sum, letter) => sum + (WIDE.test(letter) ? 2 : 1), 0);

function shortened(label: string, most: number): string {
  if (widthOf(label) <= most) return label;
  const letters = lettersOf(label);
  while (widthOf(letters.join('')) >= most) letters.pop();
  return `${letters.join('')}…`;
}

const formatter = ({ value }: { readonly value: number }): string => value.toLocaleString('en');

function lying(bars: Bars, width: Width): object {
  // As wide as they are in any font.
  const most = width === 'narrow' ? 14 : 21;
  const labels = bars.labels.map((label) => shortened(label, most));
  const room = 8 * Math.max(3, ...labels.map(widthOf));
  const label = { ...text, color: 'var(--text)' };
  const [first] = seriesOf(bars);
  return {
    ...common,
    grid: { left: room + 12, right: 60, top: 4, bottom: 4 },
    xAxis: { ...valueAxis, max: 'dataMax', axisLabel: noLine, splitLine: noLine },
    yAxis: { ...category(labels), inverse: true, axisLine: noLine, axisLabel: label },
    series: [{ ...first, label: { show: true, position: 'right', formatter, ...text } }],
  };
}
