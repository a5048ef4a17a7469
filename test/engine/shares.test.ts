import { test } from 'node:test'
import { twentyPeople } from './shares.ts'

test('twenty people, two accounts, two budgets, kills every few minutes: in order, once, fair, within the budgets', () =>
  twentyPeople(8, 25))
