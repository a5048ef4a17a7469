/**
 * Works with a resource, and closes it whatever comes of the work. Null: there is none, and nothing to close.
 * What `await using` says shorter; Node 22 does not know that yet.
 */
export async function closing<Resource extends AsyncDisposable | null, Value>(
  resource: Resource,
  work: (resource: Resource) => Promise<Value>,
): Promise<Value> {
  try {
    return await work(resource)
  } finally {
    await resource?.[Symbol.asyncDispose]()
  }
}
