import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pinsOf } from '../../src/confinement/pins.ts'

const list = `22 1 8:1 / / rw - ext4 /dev/sda1 rw
23 22 8:2 /@home /home rw shared:1 - btrfs /dev/sda2 rw
24 22 0:30 / /mnt/team rw - nfs4 server:/team rw
25 22 0:31 / /data\\040disk rw - xfs /dev/sdb rw
26 22 8:3 /deep/inside /srv rw - ext4 /dev/sdc rw
`

test('what a box’s list of mounts must say of a folder, by the file system that it lies on', () => {
  const pin = (source: string, target = source): readonly string[] => pinsOf([{ source, target }], list)
  assert.deepEqual(pin('/opt/go'), ['/opt/go /opt/go'])
  assert.deepEqual(pin('/home/olivia/shop', '/work'), ['/@home/olivia/shop /work'])
  assert.deepEqual(pin('/home'), ['/@home /home'])
  assert.deepEqual(pin('/homes/x'), ['/homes/x /homes/x'], 'another folder with such a beginning')
  assert.deepEqual(pin('/mnt/team/shop'), [], 'nothing can be said of NFS')
  assert.deepEqual(pin('/data disk'), ['/ /data\\040disk'])
  assert.deepEqual(pin('/data disk/a\nb\\c'), ['/a\\012b\\134c /data\\040disk/a\\012b\\134c'])
  assert.deepEqual(pin('/srv/x'), ['/deep/inside/x /srv/x'])
  assert.deepEqual(pinsOf([{ source: '/srv', target: '/srv' }], `${list}27 22 8:9 / /srv rw - ext4 /dev/sdd rw\n`), [
    '/ /srv',
  ])
})
