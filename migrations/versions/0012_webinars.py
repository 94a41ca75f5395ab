"""webinars: the programme, who gives it, who registered, and the seats"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '0012'
down_revision = '0011'


def upgrade() -> None:
    op.create_table('webinar_series',
    sa.Column('every_weeks', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webinar_series'))
    )
    op.create_table('webinar',
    sa.Column('office_id', sa.Integer(), nullable=False),
    sa.Column('series_id', sa.Integer(), nullable=True),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.Column('language', sa.String(length=10), nullable=False),
    sa.Column('captions', sa.Boolean(), nullable=True),
    sa.Column('interpreted', sa.Boolean(), nullable=True),
    sa.Column('interpreted_into', sa.JSON(), nullable=False),
    sa.Column('signed', sa.Boolean(), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('template', sa.Boolean(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('zone', sa.String(length=60), nullable=False),
    sa.Column('capacity', sa.Integer(), nullable=False),
    sa.Column('widest', sa.Integer(), nullable=False),
    sa.Column('approves', sa.Boolean(), nullable=False),
    sa.Column('waits', sa.Boolean(), nullable=False),
    sa.Column('audience', sa.String(length=8), nullable=False),
    sa.Column('registers_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('last_turn', sa.Integer(), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('counts', sa.JSON(), nullable=False),
    sa.Column('public_id', sa.String(length=22), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.CheckConstraint('capacity >= 1', name=op.f('ck_webinar_seats')),
    sa.CheckConstraint('starts_at < ends_at', name=op.f('ck_webinar_starts_before_ends')),
    sa.ForeignKeyConstraint(['created_by'], ['person.id'], name=op.f('fk_webinar_created_by')),
    sa.ForeignKeyConstraint(['office_id'], ['office.id'], name=op.f('fk_webinar_office_id')),
    sa.ForeignKeyConstraint(['series_id'], ['webinar_series.id'], name=op.f('fk_webinar_series_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webinar')),
    sa.UniqueConstraint('public_id', name=op.f('uq_webinar_public_id'))
    )
    with op.batch_alter_table('webinar', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_webinar_office_id'), ['office_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_webinar_series_id'), ['series_id'], unique=False)
        batch_op.create_index('ix_webinar_state_starts_at', ['state', 'starts_at'], unique=False)

    op.create_table('registration',
    sa.Column('webinar_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('contact_id', sa.Integer(), nullable=True),
    sa.Column('reference', sa.String(length=8), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('places', sa.Integer(), nullable=False),
    sa.Column('answers', sa.JSON(), nullable=False),
    sa.Column('turn', sa.Integer(), nullable=False),
    sa.Column('offers', sa.Integer(), nullable=False),
    sa.Column('offered_until', sa.BigInteger(), nullable=True),
    sa.Column('link_version', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('registered_by', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('public_id', sa.String(length=22), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.CheckConstraint('places BETWEEN 1 AND 20', name=op.f('ck_registration_places')),
    sa.ForeignKeyConstraint(['contact_id'], ['contact.id'], name=op.f('fk_registration_contact_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_registration_person_id')),
    sa.ForeignKeyConstraint(['registered_by'], ['person.id'], name=op.f('fk_registration_registered_by')),
    sa.ForeignKeyConstraint(['webinar_id'], ['webinar.id'], name=op.f('fk_registration_webinar_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_registration')),
    sa.UniqueConstraint('public_id', name=op.f('uq_registration_public_id')),
    sa.UniqueConstraint('reference', name=op.f('uq_registration_reference')),
    sa.UniqueConstraint('webinar_id', 'person_id', name=op.f('uq_registration_webinar_id_person_id'))
    )
    with op.batch_alter_table('registration', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_registration_person_id'), ['person_id'], unique=False)
        batch_op.create_index('ix_registration_turn', ['webinar_id', 'state', 'offers', 'turn'], unique=False)

    op.create_table('registration_question',
    sa.Column('webinar_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('words', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('choices', sa.JSON(), nullable=False),
    sa.Column('required', sa.Boolean(), nullable=False),
    sa.Column('public_id', sa.String(length=22), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['webinar_id'], ['webinar.id'], name=op.f('fk_registration_question_webinar_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_registration_question')),
    sa.UniqueConstraint('public_id', name=op.f('uq_registration_question_public_id')),
    sa.UniqueConstraint('webinar_id', 'number', name=op.f('uq_registration_question_webinar_id_number'))
    )
    op.create_table('webinar_host',
    sa.Column('webinar_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('public_id', sa.String(length=22), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_webinar_host_person_id')),
    sa.ForeignKeyConstraint(['webinar_id'], ['webinar.id'], name=op.f('fk_webinar_host_webinar_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webinar_host')),
    sa.UniqueConstraint('public_id', name=op.f('uq_webinar_host_public_id')),
    sa.UniqueConstraint('webinar_id', 'person_id', name=op.f('uq_webinar_host_webinar_id_person_id'))
    )
    with op.batch_alter_table('webinar_host', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_webinar_host_person_id'), ['person_id'], unique=False)

    op.create_table('seat',
    sa.Column('webinar_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('registration_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['registration_id'], ['registration.id'], name=op.f('fk_seat_registration_id')),
    sa.ForeignKeyConstraint(['webinar_id'], ['webinar.id'], name=op.f('fk_seat_webinar_id')),
    sa.PrimaryKeyConstraint('webinar_id', 'number', name=op.f('pk_seat'))
    )
    with op.batch_alter_table('seat', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_seat_registration_id'), ['registration_id'], unique=False)



def downgrade() -> None:
    for table in ("seat", "webinar_host", "registration_question", "registration", "webinar", "webinar_series"):
        op.drop_table(table)
