/**
 * GeoJSON drawn as a map without tiles: the shapes alone, because tiles would come from the network. Pure.
 */

/** A Vega-Lite specification that shows these features. */
export function geoJsonSpec(data: unknown): object {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    width: 560,
    height: 320,
    data: { values: featuresOf(data) },
    projection: { type: 'mercator' },
    mark: {
      type: 'geoshape',
      fill: '#4450b5',
      fillOpacity: 0.18,
      stroke: '#5b68cf',
      strokeWidth: 1.2,
    },
    config: { view: { stroke: null } },
  };
}

function featuresOf(data: unknown): unknown[] {
  if (!isObject(data)) return [];
  if (data['type'] === 'FeatureCollection' && Array.isArray(data['features'])) return data['features'].map(rewound);
  if (data['type'] === 'Feature') return [rewound(data)];
  return [rewound({ type: 'Feature', properties: {}, geometry: data })];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * With the outer rings clockwise, as the drawing library reads them: it takes a ring that runs the other way, which is
 * how the GeoJSON standard wants it (RFC 7946, 3.1.6), for the whole world with a hole in it.
 */
function rewound(feature: unknown): unknown {
  if (!isObject(feature) || !isObject(feature['geometry'])) return feature;
  const { type, coordinates } = feature['geometry'];
  if (!Array.isArray(coordinates)) return feature;
  const polygon = (rings: unknown): unknown =>
    Array.isArray(rings) ? rings.map((ring: unknown, index) => wind(ring, index === 0)) : rings;
  if (type === 'Polygon') return withCoordinates(feature, polygon(coordinates));
  if (type === 'MultiPolygon') return withCoordinates(feature, coordinates.map(polygon));
  return feature;
}

function withCoordinates(feature: Record<string, unknown>, coordinates: unknown): unknown {
  const { geometry } = feature;
  return { ...feature, geometry: { ...(isObject(geometry) ? geometry : {}), coordinates } };
}

function wind(ring: unknown, isClockwise: boolean): unknown {
  if (!Array.isArray(ring)) return ring;
  let area = 0;
  for (let index = 0; index < ring.length; index += 1) {
    const [x1, y1] = pointOf(ring[index]);
    const [x2, y2] = pointOf(ring[(index + 1) % ring.length]);
    area += (x2 - x1) * (y2 + y1);
  }
  return area === 0 || area > 0 === isClockwise ? ring : ring.toReversed();
}

function pointOf(value: unknown): [number, number] {
  return Array.isArray(value) ? [Number(value[0]), Number(value[1])] : [0, 0];
}
