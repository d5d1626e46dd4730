/**
 * What Grafana's server code registers with `@grafana/data` at its start: the options of fields and the
 * transformations. The package has all of them, but not the registering.
 */

import {
  applyFieldOverrides,
  dataLinksOverrideProcessor,
  displayNameOverrideProcessor,
  FieldColorModeId,
  FieldConfigOptionsRegistry,
  identityOverrideProcessor,
  standardTransformers,
  standardTransformersRegistry,
  thresholdsOverrideProcessor,
  ThresholdsMode,
  transformDataFrame,
  TransformerCategory,
  unitOverrideProcessor,
  valueMappingsOverrideProcessor,
  type DataFrame,
  type FieldConfigPropertyItem,
  type FieldConfigSource,
  type GrafanaTheme2,
  type ScopedVars,
} from '@grafana/data';
import { cloneDeep, merge } from 'lodash';
import { firstValueFrom } from 'rxjs';
import type { Panel } from './model';
import type { Variables } from './variables';

// Some are exported under an older name as well.
const TRANSFORMERS = new Map(Object.values(standardTransformers).map((one) => [one.id as string, one]));

standardTransformersRegistry.setInit(() =>
  [...TRANSFORMERS.values()].map((transformation) => ({
    id: transformation.id,
    name: transformation.name,
    transformation,
    editor: () => null,
    categories: new Set([TransformerCategory.Reformat]),
    imageDark: '',
    imageLight: '',
  }))
);

const PROCESSORS: Record<string, FieldConfigPropertyItem['process']> = {
  displayName: displayNameOverrideProcessor,
  unit: unitOverrideProcessor,
  mappings: valueMappingsOverrideProcessor,
  thresholds: thresholdsOverrideProcessor,
  links: dataLinksOverrideProcessor,
};

const STANDARD = ['displayName', 'unit', 'min', 'max', 'decimals', 'noValue', 'description', 'color', 'mappings', 'thresholds', 'links', 'filterable', 'fieldMinMax', 'actions'];

/** Each type of panel registers options of its own, `custom.…`; here those that a panel's defaults or overrides have. */
class Registry extends FieldConfigOptionsRegistry {
  constructor({ defaults }: FieldConfigSource) {
    const own = Object.keys(defaults.custom ?? {}).map((key) => item(`custom.${key}`, key, true));
    super(() => [...STANDARD.map((id) => item(id, id, false)), ...own]);
  }

  getIfExists(id?: string): FieldConfigPropertyItem | undefined {
    if (id?.startsWith('custom.')) {
      return item(id, id.slice('custom.'.length), true);
    }
    return super.getIfExists(id);
  }
}

function item(id: string, path: string, isCustom: boolean): FieldConfigPropertyItem {
  return {
    id,
    path,
    isCustom,
    name: id,
    process: PROCESSORS[id] ?? identityOverrideProcessor,
    shouldApply: () => true,
    override: () => null,
    editor: () => null,
    getItemsCount: () => 0,
  } as unknown as FieldConfigPropertyItem;
}

const TIME_SERIES = {
  drawStyle: 'line',
  lineInterpolation: 'linear',
  lineWidth: 1,
  fillOpacity: 0,
  gradientMode: 'none',
  barAlignment: 0,
  barWidthFactor: 0.6,
  spanNulls: false,
  insertNulls: false,
  showPoints: 'auto',
  pointSize: 5,
  stacking: { mode: 'none', group: 'A' },
  axisPlacement: 'auto',
  axisLabel: '',
  axisColorMode: 'text',
  axisBorderShow: false,
  scaleDistribution: { type: 'linear' },
  axisCenteredZero: false,
  hideFrom: { tooltip: false, viz: false, legend: false },
  thresholdsStyle: { mode: 'off' },
};

const CUSTOM: Record<string, object> = {
  timeseries: TIME_SERIES,
  barchart: { ...TIME_SERIES, fillOpacity: 80 },
  table: { align: 'auto', cellOptions: { type: 'auto' }, inspect: false, footer: { reducers: [] } },
  'state-timeline': { lineWidth: 0, fillOpacity: 70, insertNulls: false, spanNulls: false },
  'status-history': { lineWidth: 1, fillOpacity: 70 },
};

const BY_PALETTE = ['timeseries', 'barchart', 'piechart'];

/** The first threshold holds from the bottom: JSON has no infinity, and Grafana puts it back when it loads a panel. */
function fromTheBottom(thresholds?: { steps?: { value: number | null }[] }) {
  if (thresholds?.steps?.length) {
    thresholds.steps[0].value = -Infinity;
  }
}

/** A panel's field options with what Grafana fills in where the JSON is silent; 80 is a threshold then. */
export function filledIn(panel: Panel): FieldConfigSource {
  const own = cloneDeep(panel.fieldConfig ?? { defaults: {}, overrides: [] });
  fromTheBottom(own.defaults?.thresholds as never);
  for (const { properties } of own.overrides ?? []) {
    properties.filter(({ id }) => id === 'thresholds').forEach(({ value }) => fromTheBottom(value));
  }
  return {
    overrides: own.overrides ?? [],
    defaults: {
      color: { mode: BY_PALETTE.includes(panel.type) ? FieldColorModeId.PaletteClassic : FieldColorModeId.Thresholds },
      mappings: [],
      thresholds: {
        mode: ThresholdsMode.Absolute,
        steps: [
          { value: -Infinity, color: 'green' },
          { value: 80, color: 'red' },
        ],
      },
      ...own.defaults,
      custom: merge({}, CUSTOM[panel.type] ?? {}, own.defaults?.custom),
    },
  };
}

/** Transformations first, then field options, as in Grafana. */
export async function prepared(
  panel: Panel,
  frames: DataFrame[],
  variables: Variables,
  theme: GrafanaTheme2,
  timeZone: string
): Promise<DataFrame[]> {
  const replaceVariables = (text: string, scoped?: ScopedVars, format?: any) => variables.replace(text, scoped, format);
  const transformed = await firstValueFrom(
    transformDataFrame(panel.transformations ?? [], frames, { interpolate: (text) => variables.replace(text) })
  );
  const fieldConfig = filledIn(panel);
  return applyFieldOverrides({
    data: transformed,
    fieldConfig,
    fieldConfigRegistry: new Registry(fieldConfig),
    replaceVariables,
    theme,
    timeZone,
  });
}
