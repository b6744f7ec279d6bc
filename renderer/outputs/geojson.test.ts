import { describe, expect, it } from 'vitest';
import { geoJsonSpec } from './geojson.ts';

const around = [
  [0, 0],
  [2, 0],
  [2, 1],
  [0, 0],
];

const valuesOf = (data: unknown): unknown => (geoJsonSpec(data) as { data: { values: unknown } }).data.values;

describe('GeoJSON as a figure', () => {
  it('turns rings to the way the drawing library reads them, whichever way they came', () => {
    const clockwise = around.toReversed();
    const feature = {
      type: 'Feature',
      properties: {},
      geometry: { type: 'Polygon', coordinates: [clockwise, around] },
    };
    for (const coordinates of [
      [around, clockwise],
      [clockwise, around],
    ]) {
      expect(valuesOf({ type: 'Polygon', coordinates })).toEqual([feature]);
    }
  });

  it('takes features, collections and bare geometries, and nothing else', () => {
    const point = { type: 'Feature', properties: { a: 1 }, geometry: { type: 'Point', coordinates: [1, 2] } };
    expect(valuesOf(point)).toEqual([point]);
    expect(valuesOf({ type: 'FeatureCollection', features: [point] })).toEqual([point]);
    expect(valuesOf('text')).toEqual([]);
    expect(valuesOf({ type: 'FeatureCollection', features: [null, { geometry: 5 }] })).toHaveLength(2);
  });
});
