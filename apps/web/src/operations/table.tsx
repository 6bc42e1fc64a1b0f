import type { ComponentChildren } from 'preact';

interface TableProps {
  /** The first one heads the rows. */
  readonly columns: readonly string[];
  readonly rows: readonly {
    readonly key: string | number;
    readonly head: ComponentChildren;
    /** A cell is what it shows, or that and how it looks. */
    readonly cells: readonly (string | number | { readonly shown: string | number; readonly look: string })[];
  }[];
}

/** Rows of figures. */
export const Table = ({ columns, rows }: TableProps) => (
  <table>
    <thead>
      <tr>
        {columns.map((column) => (
          <th key={column} scope="col">
            {column}
          </th>
        ))}
      </tr>
    </thead>
    <tbody>
      {rows.map(({ key, head, cells }) => (
        <tr key={key}>
          <th scope="row">{head}</th>
          {cells.map((cell, i) =>
            typeof cell === 'object' ? (
              <td key={i} class={cell.look}>
                {cell.shown}
              </td>
            ) : (
              <td key={i}>{cell}</td>
            ),
          )}
        </tr>
      ))}
    </tbody>
  </table>
);
