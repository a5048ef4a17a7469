import { runtimeContract } from '../contracts/runtime.ts'
import { echoBench } from './echo-bench.ts'

runtimeContract('echo', () => echoBench(true))
