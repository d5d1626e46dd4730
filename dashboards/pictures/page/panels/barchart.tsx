/**
 * A bar chart of our own: Grafana's is part of its server and not of `@grafana/ui`. Colours, texts, units
 * and the legend are Grafana's; the bars' widths and the axis's steps only resemble it.
 */

import { FieldType, formattedValueToString, getFieldDisplayName, getFieldSeriesColor } from '@grafana/data';
import { VizLayout, VizLegend } from '@grafana/ui';
import { LegendDisplayMode, type LegendPlacement } from '@grafana/schema';
import { Nothing } from './nothing';
import type { Drawn } from './index';

export function BarChart({ panel, data, theme, width, height }: Drawn) {
  const [frame] = data;
  const options: Record<string, any> = { orientation: 'auto', stacking: 'none', showValue: 'auto', xTickLabelRotation: 0, xTickLabelMaxLength: 0, ...panel.options };
  const name = (field: (typeof frame.fields)[number]) => getFieldDisplayName(field, frame, data);
  const category = frame.fields.find((field) => (options.xField ? name(field) === options.xField || field.name === options.xField : field.type === FieldType.string)) ?? frame.fields.find((field) => field.type === FieldType.time);
  const bars = frame.fields.filter((field) => field.type === FieldType.number && field !== category && !field.config.custom?.hideFrom?.viz);
  if (!category || bars.length === 0) {
    return <Nothing text={category ? 'No numeric fields found' : 'Bar charts requires a string or time field'} />;
  }
  const color = (field: (typeof bars)[number], row: number) =>
    field.config.color?.mode === 'thresholds' ? field.display!(field.values[row]).color! : getFieldSeriesColor(field, theme).color;
  const legend = { showLegend: true, placement: 'bottom' as LegendPlacement, displayMode: LegendDisplayMode.List, ...options.legend };
  const items = bars.filter((field) => !field.config.custom?.hideFrom?.legend).map((field) => ({ label: name(field), color: getFieldSeriesColor(field, theme).color, yAxis: 1 }));
  const shown = legend.showLegend ? (
    <VizLayout.Legend placement={legend.placement}>
      <VizLegend placement={legend.placement} items={items} displayMode={legend.displayMode} />
    </VizLayout.Legend>
  ) : null;
  const stacked = options.stacking !== 'none';
  const totals = category.values.map((_, row) => bars.reduce((sum, field) => sum + (field.values[row] ?? 0), 0));
  const percent = options.stacking === 'percent';
  const value = (field: (typeof bars)[number], row: number) => (percent ? (field.values[row] ?? 0) / (totals[row] || 1) : (field.values[row] ?? 0));
  const highest = percent ? 1 : (bars[0].config.max ?? (Math.max(...(stacked ? totals : bars.flatMap((field) => field.values.map((v) => v ?? 0)))) * 1.05 || 1));
  const flat = options.orientation === 'horizontal' || (options.orientation === 'auto' && width < height);
  const text = (row: number) => formattedValueToString(category.display!(category.values[row]));
  const written = (field: (typeof bars)[number], row: number) => formattedValueToString(field.display!(field.values[row]));
  const rows = category.values.length;
  return (
    <VizLayout width={width} height={height} legend={shown}>
      {(wide, high) => {
        const longest = Math.max(...category.values.map((_, row) => text(row).length));
        const label = flat ? Math.min(wide * 0.4, longest * 7 + 12) : 24 + (options.xTickLabelRotation ? Math.abs(Math.sin((options.xTickLabelRotation * Math.PI) / 180)) * longest * 6 : 0);
        const margin = 46;
        const length = flat ? wide - label - margin : high - label - 10;
        const each = (flat ? high - 20 : wide - margin) / rows;
        const thick = (each * 0.8) / (stacked ? 1 : bars.length);
        const ticks = round(highest);
        // A label is left out where it would run into the one before it, as uPlot does.
        const skip = flat ? 1 : Math.ceil((options.xTickLabelRotation ? 14 : longest * 7 + 8) / each);
        return (
          <svg width={wide} height={high} fontSize={12} fill={theme.colors.text.primary}>
            {ticks.map((tick) => {
              const at = (tick / highest) * length;
              const shown = percent ? `${Math.round(tick * 100)}%` : formattedValueToString(bars[0].display!(tick, bars[0].config.decimals));
              return flat ? (
                <g key={tick}>
                  <line x1={label + at} x2={label + at} y1={0} y2={high - 20} stroke={theme.colors.border.weak} />
                  <text x={label + at} y={high - 4} textAnchor="middle">{shown}</text>
                </g>
              ) : (
                <g key={tick}>
                  <line x1={margin} x2={wide} y1={10 + length - at} y2={10 + length - at} stroke={theme.colors.border.weak} />
                  <text x={margin - 6} y={14 + length - at} textAnchor="end">{shown}</text>
                </g>
              );
            })}
            {category.values.map((_, row) => {
              let before = 0;
              return (
                <g key={row}>
                  {bars.map((field, index) => {
                    const size = Math.max(0, (value(field, row) / highest) * length);
                    const across = row * each + each * 0.1 + (stacked ? 0 : index * thick);
                    const from = stacked ? before : 0;
                    before += size;
                    const fit = flat ? size : thick;
                    const told = field.values[row] != null && (options.showValue === 'always' || (options.showValue === 'auto' && fit > written(field, row).length * 8 && rows < 40));
                    const box = flat ? { x: label + from, y: across, width: size, height: thick * 0.95 } : { x: margin + across, y: 10 + length - from - size, width: thick * 0.95, height: size };
                    return (
                      <g key={index}>
                        <rect {...box} fill={color(field, row)} fillOpacity={(field.config.custom?.fillOpacity ?? 80) / 100} />
                        {told && (flat ? (
                          <text x={box.x + size + 4} y={box.y + thick / 2 + 4}>{written(field, row)}</text>
                        ) : (
                          <text x={box.x + box.width / 2} y={Math.max(10, box.y - 4)} textAnchor="middle">{written(field, row)}</text>
                        ))}
                      </g>
                    );
                  })}
                  {row % skip === 0 && (flat ? (
                    <text x={label - 6} y={row * each + each / 2 + 4} textAnchor="end">{text(row)}</text>
                  ) : options.xTickLabelRotation ? (
                    <text transform={`translate(${margin + row * each + each / 2},${length + 22}) rotate(${-options.xTickLabelRotation})`} textAnchor="end">{text(row)}</text>
                  ) : (
                    <text x={margin + row * each + each / 2} y={length + 28} textAnchor="middle">{text(row)}</text>
                  ))}
                </g>
              );
            })}
          </svg>
        );
      }}
    </VizLayout>
  );
}

/** From nothing to the highest in four or five round steps. */
function round(highest: number): number[] {
  const rough = highest / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? rough;
  return Array.from({ length: Math.floor(highest / step) + 1 }, (_, index) => index * step);
}
