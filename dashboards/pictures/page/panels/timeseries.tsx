/** Time series by the `TimeSeries` of `@grafana/ui`, with annotations as dashed lines. */

import { FieldType, type DataFrame } from '@grafana/data';
import { TimeSeries, type UPlotConfigBuilder } from '@grafana/ui';
import type { Event } from '../annotations';
import { Nothing } from './nothing';
import type { Drawn } from './index';

export function Lines({ panel, data, range, timeZone, width, height, events }: Drawn) {
  const frames = data.filter(graphable).map(withoutNaN).map(interrupted);
  if (frames.length === 0) {
    return <Nothing text="Data is missing a number field" />;
  }
  const legend = { showLegend: true, displayMode: 'list', placement: 'bottom', calcs: [], ...panel.options?.legend };
  return (
    <TimeSeries
      frames={frames}
      structureRev={1}
      timeRange={range}
      timeZone={timeZone}
      width={width}
      height={height}
      legend={legend}
      options={panel.options}
    >
      {(builder) => {
        mark(builder, events);
        return null;
      }}
    </TimeSeries>
  );
}

const graphable = ({ fields }: DataFrame) =>
  fields.some(({ type }) => type === FieldType.time) && fields.some(({ type }) => type === FieldType.number);

/** The panel draws a gap where a value is not a finite number. */
function withoutNaN(frame: DataFrame): DataFrame {
  return {
    ...frame,
    fields: frame.fields.map((field) =>
      field.type === FieldType.number
        ? { ...field, values: field.values.map((value) => (Number.isFinite(value) ? value : null)) }
        : field
    ),
  };
}

/**
 * Where a step has no value, the line is interrupted, in each frame. The server's panel does that before it hands frames
 * on; `TimeSeries` alone would do it for the first frame only.
 */
function interrupted(frame: DataFrame): DataFrame {
  const time = frame.fields.find(({ type }) => type === FieldType.time)!;
  const step = time.config.interval;
  if (!step) {
    return frame;
  }
  // For each point to be drawn, the index of its value, or none.
  const rows: Array<{ at: number; from?: number }> = [];
  time.values.forEach((at: number, from: number) => {
    for (let missing = (time.values[from - 1] ?? at) + step; missing < at; missing += step) {
      rows.push({ at: missing });
    }
    rows.push({ at, from });
  });
  const fields = frame.fields.map((field) => ({
    ...field,
    values: rows.map(({ at, from }) => (field === time ? at : from === undefined ? null : field.values[from])),
    state: field === time ? { ...field.state, nullThresholdApplied: true } : field.state,
  }));
  return { ...frame, fields, length: rows.length };
}

const marked = new WeakSet<UPlotConfigBuilder>();

function mark(builder: UPlotConfigBuilder, events: Event[]) {
  if (marked.has(builder)) {
    return;
  }
  marked.add(builder);
  builder.addHook('draw', (plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (const { from, to, color } of events) {
      ctx.strokeStyle = color;
      ctx.lineWidth = 2;
      ctx.setLineDash([5, 5]);
      const [left, right] = [from, to].map((time) => plot.valToPos(time, 'x', true));
      for (const at of from === to ? [left] : [left, right]) {
        ctx.beginPath();
        ctx.moveTo(at, bbox.top);
        ctx.lineTo(at, bbox.top + bbox.height);
        ctx.stroke();
      }
      ctx.fillStyle = color;
      ctx.globalAlpha = 0.1;
      ctx.fillRect(left, bbox.top, right - left, bbox.height);
      ctx.globalAlpha = 1;
    }
    ctx.restore();
  });
}
