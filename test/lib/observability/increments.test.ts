import { afterEach, expect, test } from 'vitest';
import { addIncrement, returnIncrements, takeIncrements } from '#lib/observability/increments.ts';

afterEach(() => void takeIncrements());

const taken = () => Object.fromEntries([...takeIncrements()].map(([key, fields]) => [key, [...fields]]));

test('increments of one field are one, and are taken once', () => {
  addIncrement('h', 'a', 2);
  addIncrement('h', 'b', 1);
  addIncrement('h', 'a', 3);
  addIncrement('g', 'a', 1);
  expect(taken()).toEqual({
    h: [
      ['a', 5],
      ['b', 1],
    ],
    g: [['a', 1]],
  });
  expect(taken()).toEqual({});
});

test('what could not be sent is added to what came meanwhile', () => {
  addIncrement('h', 'a', 2);
  const unsent = takeIncrements();
  addIncrement('h', 'a', 1);
  returnIncrements(unsent);
  expect(taken()).toEqual({ h: [['a', 3]] });
});

test('more than 500 fields are not kept, but those that are go on growing', () => {
  for (let field = 0; field < 600; field++) addIncrement(`h${field % 7}`, `f${field}`, 1);
  addIncrement('h0', 'f0', 1);
  const increments = takeIncrements();
  expect([...increments.values()].reduce((fields, { size }) => fields + size, 0)).toBe(500);
  expect(increments.get('h0')?.get('f0')).toBe(2);
});

test('the bound holds for what is returned as well', () => {
  for (let field = 0; field < 500; field++) addIncrement('old', `f${field}`, 1);
  const unsent = takeIncrements();
  for (let field = 0; field < 300; field++) addIncrement('new', `f${field}`, 1);
  returnIncrements(unsent);
  const increments = takeIncrements();
  expect([increments.get('new')?.size, increments.get('old')?.size]).toEqual([300, 200]);
});

test('what names the hashes is sent when nothing of them is left to send', () => {
  for (let minute = 0; minute < 4; minute++) {
    addIncrement('index', `minute:${minute}`, 1);
    for (let field = 0; field < 20; field++) addIncrement(`minute:${minute}`, `field-${field}`, 1);
  }
  const unsent = new Map(Array.from({ length: 4 }, (_, minute) => [`minute:${minute}`, 20]));
  for (let part = takeIncrements(25); part.size > 0; part = takeIncrements(25)) {
    for (const [key, { size }] of part) if (key !== 'index') unsent.set(key, (unsent.get(key) ?? 0) - size);
    for (const name of part.get('index')?.keys() ?? []) expect([name, unsent.get(name)]).toEqual([name, 0]);
  }
  expect([...unsent.values()]).toEqual([0, 0, 0, 0]);
});

test('a request takes a part of what has piled up, and none of it is lost', () => {
  for (let index = 0; index < 120; index++) addIncrement(`hash:${index % 2}`, `field-${index}`, 1);
  const parts = [takeIncrements(50), takeIncrements(50), takeIncrements(50)];
  const fieldsOf = (part: ReturnType<typeof takeIncrements>) =>
    [...part.values()].flatMap((fields) => [...fields.keys()]);
  expect(parts.map((part) => fieldsOf(part).length)).toEqual([50, 50, 20]);
  expect(new Set(parts.flatMap(fieldsOf)).size).toBe(120);
  expect(takeIncrements().size).toBe(0);
});
