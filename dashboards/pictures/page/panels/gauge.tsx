/**
 * A gauge of our own: that of `@grafana/ui` draws with a jQuery plug-in that only Grafana's server ships.
 * Value, colour, thresholds and limits are Grafana's.
 */

import { formattedValueToString, getActiveThreshold, VizOrientation, type FieldDisplay } from '@grafana/data';
import { VizRepeater } from '@grafana/ui';
import { values, type Value } from './reduced';
import type { Drawn } from './index';

export function Gauges(drawn: Drawn) {
  const { panel, width, height, theme, data } = drawn;
  const draw = ({ value, width, height, count }: Value) => {
    const { min = 0, max = 100, thresholds } = value.field;
    const share = Math.min(1, Math.max(0, (value.display.numeric - (min ?? 0)) / ((max ?? 100) - (min ?? 0)))) || 0;
    const named = count! > 1 || panel.options?.text?.titleSize;
    const radius = Math.max(10, Math.min(width / 2, (height - (named ? 20 : 0)) / 1.6) - 8);
    const [x, y] = [width / 2, radius + 8];
    const at = (part: number, r: number) => {
      const angle = Math.PI * (1 - part);
      return `${x + r * Math.cos(angle)},${y - r * Math.sin(angle)}`;
    };
    const arc = (from: number, to: number, r: number) => `M${at(from, r)} A${r},${r} 0 0 1 ${at(to, r)}`;
    const steps = (thresholds?.steps ?? []).map((step) => Math.max(0, Math.min(1, (step.value - (min ?? 0)) / ((max ?? 100) - (min ?? 0)))) || 0);
    return (
      <svg width={width} height={height}>
        <path d={arc(0, 1, radius - 12)} stroke={theme.colors.background.secondary} strokeWidth={18} fill="none" />
        <path d={arc(0, share, radius - 12)} stroke={value.display.color} strokeWidth={18} fill="none" />
        {panel.options?.showThresholdMarkers !== false && steps.map((from, index) => (
          <path key={index} d={arc(from, steps[index + 1] ?? 1, radius)} strokeWidth={3} fill="none"
            stroke={theme.visualization.getColorByName(getActiveThreshold(thresholds!.steps[index].value, thresholds!.steps).color)} />
        ))}
        <text x={x} y={y - 4} textAnchor="middle" fontSize={Math.max(14, radius / 3)} fill={value.display.color}>
          {formattedValueToString(value.display)}
        </text>
        {named && <text x={x} y={height - 4} textAnchor="middle" fontSize={14} fill={theme.colors.text.primary}>{value.display.title}</text>}
      </svg>
    );
  };
  return (
    <VizRepeater<FieldDisplay, any>
      getValues={() => values(drawn, false)}
      renderValue={draw}
      width={width}
      height={height}
      source={data}
      autoGrid
      itemSpacing={3}
      renderCounter={0}
      orientation={panel.options?.orientation ?? VizOrientation.Auto}
    />
  );
}
