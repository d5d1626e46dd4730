/** Stat and bar gauge: values reduced by `@grafana/data`, drawn by `@grafana/ui`. */

import {
  DataLinksContextMenu,
  BarGauge,
  BigValue,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  VizRepeater,
  type VizRepeaterRenderValueProps,
} from '@grafana/ui';
import {
  getDisplayProcessor,
  getDisplayValueAlignmentFactors,
  getFieldDisplayValues,
  VizOrientation,
  type DisplayValueAlignmentFactors,
  type FieldDisplay,
} from '@grafana/data';
import { BarGaugeDisplayMode, BarGaugeNamePlacement, BarGaugeValueMode } from '@grafana/schema';
import { filledIn } from '../fields';
import type { Drawn } from './index';

export type Value = VizRepeaterRenderValueProps<FieldDisplay, DisplayValueAlignmentFactors>;

const REDUCE = { values: false, calcs: ['lastNotNull'], fields: '' };

export function values({ panel, data, variables, theme, timeZone }: Drawn, sparkline: boolean): FieldDisplay[] {
  return getFieldDisplayValues({
    fieldConfig: filledIn(panel),
    reduceOptions: { ...REDUCE, ...panel.options?.reduceOptions },
    replaceVariables: (text, scoped, format) => variables.replace(text, scoped, format as string),
    theme,
    data,
    sparkline,
    timeZone,
    percentChange: panel.options?.showPercentChange,
  });
}

export function Stats(drawn: Drawn) {
  const { panel, theme, width, height, range } = drawn;
  const options: Record<string, any> = { graphMode: BigValueGraphMode.Area, colorMode: BigValueColorMode.Value, textMode: BigValueTextMode.Auto, justifyMode: 'auto', wideLayout: true, ...panel.options };
  const draw = ({ value, alignmentFactors, width, height, count }: Value) => {
    const sparkline = value.sparkline && { ...value.sparkline, timeRange: range };
    return linked(value, (
      <BigValue
        value={value.display}
        count={count}
        sparkline={sparkline}
        colorMode={options.colorMode}
        graphMode={options.graphMode}
        justifyMode={options.justifyMode}
        textMode={options.textMode}
        percentChangeColorMode={options.percentChangeColorMode}
        alignmentFactors={alignmentFactors}
        text={options.text}
        disableWideLayout={!options.wideLayout}
        width={width}
        height={height}
        theme={theme}
      />
    ));
  };
  return (
    <VizRepeater<FieldDisplay, DisplayValueAlignmentFactors>
      getValues={() => values(drawn, options.graphMode !== BigValueGraphMode.None)}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={draw}
      width={width}
      height={height}
      source={drawn.data}
      itemSpacing={3}
      renderCounter={0}
      autoGrid
      orientation={options.orientation ?? VizOrientation.Auto}
    />
  );
}

export function Bars(drawn: Drawn) {
  const { panel, theme, width, height } = drawn;
  const options: Record<string, any> = { displayMode: BarGaugeDisplayMode.Gradient, valueMode: BarGaugeValueMode.Color, namePlacement: BarGaugeNamePlacement.Auto, showUnfilled: true, minVizHeight: 16, minVizWidth: 8, maxVizHeight: 300, sizing: 'auto', ...panel.options };
  const asked = options.orientation ?? VizOrientation.Auto;
  const orientation = asked !== VizOrientation.Auto ? asked : width > height ? VizOrientation.Vertical : VizOrientation.Horizontal;
  const draw = ({ value, alignmentFactors, orientation, width, height, isOverflow }: Value & { isOverflow: boolean }) =>
    linked(value, (
      <BarGauge
        value={value.display}
        width={width}
        height={height}
        orientation={orientation}
        field={value.field}
        text={options.text}
        display={getDisplayProcessor({ field: { config: value.field } as any, theme })}
        theme={theme}
        itemSpacing={options.displayMode === BarGaugeDisplayMode.Lcd ? 2 : 10}
        displayMode={options.displayMode}
        alignmentFactors={alignmentFactors}
        showUnfilled={options.showUnfilled}
        valueDisplayMode={options.valueMode}
        namePlacement={options.namePlacement}
        isOverflow={isOverflow}
      />
    ));
  return (
    <VizRepeater<FieldDisplay, DisplayValueAlignmentFactors>
      getValues={() => values(drawn, false)}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={draw as any}
      source={drawn.data}
      width={width}
      height={height}
      minVizHeight={options.minVizHeight}
      minVizWidth={options.minVizWidth}
      maxVizHeight={options.sizing === 'auto' ? 300 : options.maxVizHeight}
      itemSpacing={options.displayMode === BarGaugeDisplayMode.Lcd ? 2 : 10}
      renderCounter={0}
      orientation={orientation}
    />
  );
}

/** A value with links, as Grafana wraps it; the reading finds their addresses. */
function linked(value: FieldDisplay, drawn: JSX.Element) {
  if (!value.hasLinks || !value.getLinks) {
    return drawn;
  }
  return <DataLinksContextMenu links={value.getLinks as any} style={{ height: 'inherit' }}>{() => drawn}</DataLinksContextMenu>;
}
