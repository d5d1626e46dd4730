/** A table by the component that Grafana itself uses since 12.2. */

import { cacheFieldDisplayNames } from '@grafana/data';
import { TableNG } from '@grafana/ui/unstable';
import type { Drawn } from './index';

export function DataTable({ panel, data, range, width, height }: Drawn) {
  const options: Record<string, any> = { showHeader: true, cellHeight: 'sm', ...panel.options };
  cacheFieldDisplayNames(data);
  const frame = data[options.frameIndex ?? 0] ?? data[0];
  return (
    <TableNG
      data={frame}
      width={width}
      height={height}
      noHeader={!options.showHeader}
      showTypeIcons={options.showTypeIcons}
      resizable
      initialSortBy={options.sortBy}
      enablePagination={options.enablePagination}
      cellHeight={options.cellHeight}
      maxRowHeight={options.maxRowHeight}
      frozenColumns={options.frozenColumns?.left}
      fieldConfig={panel.fieldConfig}
      timeRange={range}
      structureRev={1}
    />
  );
}
