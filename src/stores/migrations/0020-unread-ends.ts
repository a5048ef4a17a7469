/** What is still to be done about runs that are over: a list in the place of marks in the order of the whole journal. */
export const unreadEnds = `
create table unread_ends (
  reader text not null,
  run    text not null,
  seq    integer not null,
  primary key (reader, run)
) strict, without rowid;
create index unread_ends_in_order on unread_ends (reader, seq);
insert into unread_ends (reader, run, seq)
select 'transcripts', id, ended_seq from runs
where ended_seq > coalesce((select value from meta where key = 'reached:transcripts'), 0);
insert into unread_ends (reader, run, seq)
select 'branches', id, ended_seq from runs
where ended_seq > coalesce((select value from meta where key = 'reached:branches'), 0);
delete from meta where key in ('reached:transcripts', 'reached:branches');
`
